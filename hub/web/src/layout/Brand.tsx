import { Link } from '@tanstack/react-router';
import classes from './Brand.module.css';
import { Mark } from './Mark.tsx';

/** Mark and name, leading home. */
export function Brand() {
  return (
    <Link to="/" className={classes.root} aria-label="Vigie, to the fleet">
      <Mark />
      <span className={classes.name}>Vigie</span>
    </Link>
  );
}
