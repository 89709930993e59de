import { IconChevronLeft } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import classes from './Back.module.css';

/** The way up. */
export function Back({ to, children }: { to: '/' | '/reports'; children: string }) {
  return (
    <Link to={to} className={classes.root}>
      <IconChevronLeft size={15} aria-hidden="true" />
      {children}
    </Link>
  );
}
