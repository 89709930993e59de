import { z } from 'zod';
import { FIELD_FOLDER } from './places.ts';

/** The servers that devices reach in the field, where the hub lets devices in and shuts them out. */
export const fieldConfig = z.strictObject({
  /** What the servers read of the hub; made by the script that broker-config or landing-config writes. */
  folder: z.string().min(1).default(FIELD_FOLDER),
  /** Mosquitto, as broker-config set it up: `broker` of this file is the hub's way to it. */
  broker: z.boolean().default(true),
  /** The SFTP server, as landing-config set it up. */
  landing: z.boolean().default(true),
});
export type FieldConfig = z.infer<typeof fieldConfig>;
