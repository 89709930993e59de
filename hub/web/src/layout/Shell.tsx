import { AppShell } from '@mantine/core';
import { Outlet } from '@tanstack/react-router';
import { useLive } from '../api/live.ts';
import { AccountMenu } from './AccountMenu.tsx';
import { Brand } from './Brand.tsx';
import { CutBanner } from './CutBanner.tsx';
import { NavLinks } from './NavLinks.tsx';
import classes from './Shell.module.css';

/** The frame of every page: navigation beside it on a desktop, above and below it on a phone. */
export function Shell() {
  const live = useLive(true);
  return (
    <AppShell
      layout="alt"
      navbar={{ width: 236, breakpoint: 'sm', collapsed: { mobile: true } }}
      header={{ height: { base: 56, sm: 0 } }}
      footer={{ height: { base: 62, sm: 0 } }}
      transitionDuration={0}
    >
      <a href="#content" className={classes.skip}>
        Skip to content
      </a>
      <AppShell.Header className={classes.header} hiddenFrom="sm" withBorder={false}>
        <Brand />
        <AccountMenu compact />
      </AppShell.Header>
      <AppShell.Navbar className={classes.navbar} visibleFrom="sm" withBorder={false}>
        <div className={classes.brand}>
          <Brand />
        </div>
        <NavLinks />
        <div className={classes.space} />
        <AccountMenu />
      </AppShell.Navbar>
      <AppShell.Main className={classes.main}>
        <div className={classes.page} id="content" tabIndex={-1}>
          <CutBanner live={live} />
          <Outlet />
        </div>
      </AppShell.Main>
      <AppShell.Footer className={classes.footer} hiddenFrom="sm" withBorder={false}>
        <NavLinks bar />
      </AppShell.Footer>
    </AppShell>
  );
}
