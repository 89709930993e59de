import { QueryCache, QueryClient } from '@tanstack/react-query';
import { RequestError } from './request.ts';

/** The cache of everything read from the hub. An answer "signed out" anywhere leads back to the sign-in page. */
export function createClient(): QueryClient {
  const client: QueryClient = new QueryClient({
    queryCache: new QueryCache({
      onError: (error, query) => {
        if (error instanceof RequestError && error.status === 401 && query.queryKey[0] !== 'session')
          void client.invalidateQueries({ queryKey: ['session'] });
      },
    }),
    defaultOptions: {
      queries: {
        staleTime: 10_000,
        retry: (count, error) =>
          count < 2 && error instanceof RequestError && (error.status === 0 || error.status >= 500),
        refetchOnWindowFocus: true,
      },
    },
  });
  return client;
}
