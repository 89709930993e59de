import { IconCameraOff, IconPhoto } from '@tabler/icons-react';
import { type ReactNode, useState } from 'react';
import classes from './Preview.module.css';

type Props = {
  url: string | null;
  alt: string;
  eager?: boolean;
  children?: ReactNode;
  rounded?: boolean;
  none?: string;
};

/** A preview, 16:10 and lazy. Where there is none, or it can't be loaded, a quiet place instead of a broken picture. */
export function Preview({ url, alt, eager, children, rounded, none = 'No picture yet' }: Props) {
  const [broken, setBroken] = useState<string | null>(null);
  const [seen, setSeen] = useState<string | null>(null);
  const failed = url !== null && broken === url;
  return (
    <div className={classes.frame} data-rounded={rounded || undefined}>
      {url === null || failed ? (
        <div className={classes.none} role="img" aria-label={failed ? `${alt}: cannot be loaded` : `${alt}: ${none}`}>
          {failed ? <IconCameraOff aria-hidden="true" /> : <IconPhoto aria-hidden="true" />}
          <span>{failed ? 'Preview not available' : none}</span>
        </div>
      ) : (
        <img
          className={classes.image}
          data-seen={seen !== null || undefined}
          src={url}
          alt={alt}
          loading={eager ? 'eager' : 'lazy'}
          decoding="async"
          onLoad={() => setSeen(url)}
          onError={() => setBroken(url)}
        />
      )}
      {children}
    </div>
  );
}
