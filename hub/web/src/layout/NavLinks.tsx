import { Link } from '@tanstack/react-router';
import { useUser } from '../sign-in/user.ts';
import classes from './NavLinks.module.css';
import { placesFor } from './places.ts';

/** The navigation: a column beside the page, or a bar of tabs below it on a phone. */
export function NavLinks({ bar }: { bar?: boolean }) {
  const user = useUser();
  return (
    <nav className={bar ? classes.bar : classes.column} aria-label="Main">
      {placesFor(user.role).map(({ to, label, icon: Icon }) => (
        <Link key={to} to={to} className={classes.link} activeOptions={{ exact: to === '/' }}>
          <Icon size={bar ? 22 : 20} stroke={1.7} aria-hidden="true" />
          <span>{label}</span>
        </Link>
      ))}
    </nav>
  );
}
