import { useQueries } from '@tanstack/react-query';
import type { Picture, SourceAddress } from '../api/documents.ts';
import { picturesQuery } from '../api/queries.ts';
import { pagesBetween } from './pages-between.ts';

export const PAGE_PICTURES = 120;

/** Pictures of a day by their index, fetched page by page as they come into sight. */
export function usePictures(address: SourceAddress, day: string, first: number, last: number) {
  const pages = pagesBetween(first, last, PAGE_PICTURES);
  const answers = useQueries({
    queries: pages.map((page) => picturesQuery(address, day, page * PAGE_PICTURES, PAGE_PICTURES)),
  });
  const at = (index: number): Picture | undefined => {
    const page = pages.indexOf(Math.floor(index / PAGE_PICTURES));
    return page < 0 ? undefined : answers[page]?.data?.pictures[index % PAGE_PICTURES];
  };
  return {
    at,
    total: answers.find((answer) => answer.data)?.data?.total,
    error: answers.find((answer) => answer.error)?.error ?? null,
    retry: () => Promise.all(answers.filter((answer) => answer.error).map((answer) => answer.refetch())),
  };
}
