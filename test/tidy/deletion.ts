import { isProgram, linesMustNot, type ProjectFile, type Rule } from './project.ts';

/** What names a file takes away, or how. Folders that are empty hold no picture. */
const REMOVES =
  /\b(unlink|unlinkSync|rm|rmSync|rmdir|rmdirSync|truncate|truncateSync|removeIfThere|removeWork)\(|\b[dD]isk\.remove\(/;

/**
 * Who may take files away on a device besides retention, and which: none of them an asset, which lies below result, preserve or failure.
 * A new file that removes something of its own is added here, with what that is.
 */
const OWN: Record<string, string> = {
  'agent/src/capture/left-files.ts': 'names in .capture of pictures that are in input',
  'agent/src/commands/doctor-cameras.ts': 'its work folder',
  'agent/src/doctor/disk-check.ts': 'its probes',
  'agent/src/first-boot/boot-partition.ts': 'what it told of mistakes',
  'agent/src/first-boot/settings-store.ts': 'settings that do not hold any more',
  'agent/src/inventory/audit.ts': "a person's word that files were removed on purpose",
  'agent/src/power/sensor-lines.ts': 'lines of sensors that are too old',
  'agent/src/recovery/attempts.ts': 'empty files that a camera has left',
  'agent/src/watched-folder/claim.ts': 'job folders',
  'agent/src/watched-folder/disk.ts': 'the adapter itself, and unfinished copies',
  'agent/src/watched-folder/filing.ts': 'what lies in stage, and results of a job that was never filed',
  'agent/src/watched-folder/folder-copy.ts': 'unfinished copies',
  'agent/src/watched-folder/job.ts': 'work folders',
  'agent/src/watched-folder/lock.ts': 'locks',
  'agent/src/watched-folder/place.ts': 'names of a job that was never filed',
  'agent/src/watched-folder/recovery.ts': 'copies in input, where a person asks for it',
  'agent/src/watched-folder/submit.ts': 'names of what is in input',
  'agent/src/watched-folder/tenure.ts': 'marks of who works on a job',
  'agent/src/watched-folder/trees.ts': 'probes, and unfinished copies',
};

const mustNotRemove = ({ path }: ProjectFile): boolean =>
  /^agent\/src\//.test(path) && !path.startsWith('agent/src/retention/') && !(path in OWN);

export const deletion: Rule = linesMustNot(
  REMOVES,
  (file) => isProgram(file) && mustNotRemove(file),
  'kept files are deleted in retention/deletion.ts alone; what else is removed is named in test/tidy/deletion.ts',
);
