import { IconCameraOff, IconPhoto } from '@tabler/icons-react';
import { type ReactNode, useState } from 'react';
import { useAttempts } from './attempts.ts';
import classes from './Preview.module.css';

type Props = {
  url: string | null;
  alt: string;
  eager?: boolean;
  children?: ReactNode;
  rounded?: boolean;
  none?: string;
};

/**
 * A preview, 16:10 and lazy. Where there is none, or it can't be loaded, a quiet place instead of a broken picture. The preview of
 * a new picture may come after the picture itself: it is asked for again.
 */
export function Preview({ url, alt, eager, children, rounded, none = 'No picture yet' }: Props) {
  const [isSeen, setSeen] = useState(false);
  const { failures, state, isOver, failed, loaded } = useAttempts(url);
  const isMissing = url === null || (failures > 0 && state !== 'here');
  const why = url === null ? none : isOver ? 'Preview not available' : 'Preview not here yet';
  return (
    <div className={classes.frame} data-rounded={rounded || undefined}>
      {isMissing ? (
        <div className={classes.none} role="img" aria-label={`${alt}: ${why}`}>
          {isOver ? <IconCameraOff aria-hidden="true" /> : <IconPhoto aria-hidden="true" />}
          <span>{why}</span>
        </div>
      ) : null}
      {url !== null && state !== 'resting' ? (
        <img
          // An address that failed is asked for again by a new element alone.
          key={failures}
          className={classes.image}
          data-seen={isSeen || undefined}
          src={url}
          alt={isMissing ? '' : alt}
          loading={eager ? 'eager' : 'lazy'}
          decoding="async"
          onLoad={() => {
            setSeen(true);
            loaded();
          }}
          onError={() => {
            setSeen(false);
            failed();
          }}
        />
      ) : null}
      {children}
    </div>
  );
}
