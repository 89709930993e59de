import { Button } from '@mantine/core';
import { IconCompass } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { Nothing } from '../parts/Nothing.tsx';
import { PageHead } from '../parts/PageHead.tsx';

/** An address without a page. */
export function Lost() {
  return (
    <>
      <PageHead title="Not found" />
      <Nothing
        icon={<IconCompass />}
        title="There is nothing at this address"
        action={
          <Button component={Link} to="/">
            To the fleet
          </Button>
        }
      >
        It may have been deleted, or the link is not whole.
      </Nothing>
    </>
  );
}
