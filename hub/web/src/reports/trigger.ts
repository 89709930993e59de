import type { Report } from '../api/documents.ts';

/** Why a report was made, and for whom. */
export function triggerText({ trigger, by }: Pick<Report, 'trigger' | 'by'>): string {
  switch (trigger) {
    case 'person':
      return `by ${by}`;
    case 'rerun':
      return `re-run by ${by}`;
    case 'outage':
      return 'by the hub, after an outage';
    case 'resync':
      return 'by the hub, after a re-sync';
    case 'schedule':
      return 'by the hub, on its schedule';
  }
}
