import { useEffect } from 'react';

/** Gives the focus back to what had it before this dialog. Mantine itself does so only for dialogs that stay in the page. */
export function useFocusBack(): void {
  useEffect(() => {
    const before = document.activeElement;
    return () => {
      if (before instanceof HTMLElement) before.focus({ preventScroll: true });
    };
  }, []);
}
