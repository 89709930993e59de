import { printable } from '@vigie/shared/kit/names';
import type { Held } from './against.ts';
import { type Header, type SlotsOfDay, slotsIn } from './certificate.ts';
import { fingerprintOf } from './key.ts';
import type { Verified } from './verify.ts';

/** What `verify` has found: the certificate, and the side that it was held against. */
export type Verdict = { verified: Verified; isKeyTrusted: boolean; held: Held | undefined; side: string | undefined };

/** Differences that the text names; JSON names all. */
const NAMED_MAX = 1000;

/** A verdict for a person. No control character gets through. */
export function verdictText({ verified, isKeyTrusted, held, side }: Verdict): string {
  const { faults, header, remarks } = verified;
  const lines: string[] = [];
  if (faults.length > 0) {
    lines.push('Not sound: the certificate is not as it was signed.');
    for (const fault of faults) lines.push(`  ${fault}`);
  } else if (header) {
    lines.push(...soundLines(header, isKeyTrusted));
    for (const { name, report, proved } of header.destinations) {
      const of = `${proved.count} of ${header.leaves.count}`;
      const by = report && `by ${report.proof}, as report ${report.id} of ${report.createdAt} found`;
      lines.push(
        `  at ${name}: ${report ? `${of} ${by}` : 'nothing is certified: no report of the day had completed'}`,
      );
    }
    lines.push(`  ${slotsText(slotsIn(header))}`);
    const first = remarks.slice(0, NAMED_MAX);
    for (const { destination, class: kind, path, cause } of first) {
      lines.push(`  remark: ${kind}${destination === null ? '' : ` at ${destination}`}: ${path}  (${cause})`);
    }
    if (remarks.length > first.length) lines.push(`  … and ${remarks.length - first.length} more remarks`);
  }
  if (held) lines.push(...heldLines(held, side ?? ''));
  return lines.map((line) => `${printable(line)}\n`).join('');
}

function soundLines({ site, device, source, day, zone, leaves, issuedAt, publicKey }: Header, isKeyTrusted: boolean) {
  const key = isKeyTrusted
    ? 'the given key'
    : 'the key that it names itself; --key FILE holds it against one that you trust';
  return [
    `Sound: ${site}/${device}/${source} on ${day} (${zone}): ${leaves.count} assets, ${leaves.bytes} bytes.`,
    `  issued ${issuedAt}, root ${leaves.root}`,
    `  signed by ${fingerprintOf(publicKey)}, ${key}`,
  ];
}

function slotsText(slots: SlotsOfDay): string {
  if (slots === 'none') return 'slots: none, the source has no schedule';
  if (slots === 'unknown') return 'slots: unknown, nothing is certified of what should have been taken';
  const { expected, taken, failed, off, excluded } = slots;
  return `slots: ${taken} of ${expected} taken, ${failed} failed, ${off} off, ${excluded} excluded`;
}

function heldLines({ differences, sound, byDigest }: Held, side: string): string[] {
  const proof = byDigest === sound ? 'by size and digest' : `by size, ${byDigest} of them by digest too`;
  const as = `${sound} assets are as certified, ${sound === 0 ? 'none' : proof}`;
  const lines = [`${differences.length === 0 ? 'As certified' : 'Altered'}: ${side}: ${as}.`];
  for (const { class: kind, path, cause } of differences.slice(0, NAMED_MAX)) {
    lines.push(`${kind.padEnd(8)} ${path}  (${cause})`);
  }
  const rest = differences.length - NAMED_MAX;
  if (rest > 0) lines.push(`… and ${rest} more: --json names all of them.`);
  return lines;
}

/** A verdict for a program: one line of JSON. */
export function verdictJson({ verified, isKeyTrusted, held, side }: Verdict): string {
  const { faults, header, remarks } = verified;
  const key = header && { fingerprint: fingerprintOf(header.publicKey), isTrusted: isKeyTrusted };
  return `${JSON.stringify({
    sound: faults.length === 0,
    faults,
    header: header ?? null,
    remarks,
    key: key ?? null,
    against: held ? { side, ...held, differences: held.differences } : null,
  })}\n`;
}
