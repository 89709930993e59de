import { sql } from 'drizzle-orm';
import { delivery, NEVER } from './schema.ts';

const stateOfJob = sql`(select j.state from job j where j.id = delivery.job_id)`;

/**
 * What becomes of a delivery that was under way and was not proved: it waits again. Where its re-sync was paused meanwhile it waits for that
 * one, and where it was cancelled, and nobody else had ordered it, it is owed no more.
 */
export const backToQueue = (notBefore: number | undefined) => ({
  state: sql`case when ${delivery.ordered} and ${stateOfJob} is 'CANCELLED' then 'withdrawn' else 'pending' end`,
  notBefore: sql`case when ${stateOfJob} is 'PAUSED' then ${NEVER} else ${notBefore ?? sql`not_before`} end`,
});
