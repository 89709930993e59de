import type { Amount } from '../api/documents.ts';
import { bytesText, countText } from '../format/amounts.ts';

/** `300 · 1.4 GB` */
export function AmountText({ amount }: { amount: Amount }) {
  return (
    <span style={{ whiteSpace: 'nowrap' }}>
      {countText(amount.count)} · {bytesText(amount.bytes)}
    </span>
  );
}
