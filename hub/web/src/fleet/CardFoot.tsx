import { Tooltip } from '@mantine/core';
import { IconDatabase, IconPhoto, IconRefresh } from '@tabler/icons-react';
import type { Device, KnownSource } from '../api/documents.ts';
import { bytesText, countText } from '../format/amounts.ts';
import classes from './CardFoot.module.css';

/** What the hub knows of a source, and the room left on its device. */
export function CardFoot({ device, known }: { device: Device; known: KnownSource | undefined }) {
  const disk = device.state?.disk;
  if (!known && !disk) return null;
  const used = disk && disk.totalBytes > 0 ? 1 - disk.freeBytes / disk.totalBytes : undefined;
  return (
    <footer className={classes.root}>
      {known ? (
        <Tooltip
          label={
            known.inventory.reconciled
              ? 'The hub knows the same files as the device.'
              : 'The hub is still reading what the device holds.'
          }
        >
          <span className={classes.figure}>
            <IconPhoto size={15} aria-hidden="true" />
            {countText(known.inventory.count)} held · {bytesText(known.inventory.bytes)}
            {known.inventory.reconciled ? null : (
              <IconRefresh size={14} className={classes.catching} aria-label="catching up" />
            )}
          </span>
        </Tooltip>
      ) : (
        <span />
      )}
      {disk && used !== undefined ? (
        <Tooltip label={`${bytesText(disk.freeBytes)} of ${bytesText(disk.totalBytes)} free on the device`}>
          <span className={classes.figure}>
            <IconDatabase size={15} aria-hidden="true" />
            <span className={classes.gauge} aria-hidden="true">
              <span style={{ width: `${Math.round(used * 100)}%` }} data-full={used > 0.92 || undefined} />
            </span>
            {bytesText(disk.freeBytes)} free
          </span>
        </Tooltip>
      ) : null}
    </footer>
  );
}
