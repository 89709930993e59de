import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import type {
  Activity,
  CertificatePage,
  Day,
  Destination,
  Device,
  Drill,
  DrillPage,
  Estimate,
  Job,
  PicturePage,
  RemarkPage,
  Report,
  ReportPage,
  Schedules,
  Session,
  SourceAddress,
  UnmatchedClass,
  UnmatchedPage,
  User,
} from './documents.ts';
import { request } from './request.ts';

/** What the pages ask of the hub. The first part of each key is what `live.ts` invalidates. */
export const sourceParts = ({ site, device, source }: SourceAddress) => ['devices', site, device, 'sources', source];

export const sessionQuery = () =>
  queryOptions({
    queryKey: ['session'],
    queryFn: ({ signal }) => request<Session>('GET', ['session'], { signal }),
    staleTime: Number.POSITIVE_INFINITY,
  });

export const devicesQuery = () =>
  queryOptions({
    queryKey: ['fleet', 'all'],
    queryFn: async ({ signal }) => listOf<Device>(await request('GET', ['devices'], { signal }), 'devices'),
  });

export const deviceQuery = (site: string, device: string) =>
  queryOptions({
    queryKey: ['fleet', site, device],
    queryFn: ({ signal }) => request<Device>('GET', ['devices', site, device], { signal }),
  });

/** Days of one month, `YYYYMM`. */
export const daysQuery = (address: SourceAddress, month: string) =>
  queryOptions({
    queryKey: ['pictures', address, 'days', month],
    queryFn: async ({ signal }) =>
      listOf<Day>(await request('GET', [...sourceParts(address), 'days'], { query: { month }, signal }), 'days'),
    placeholderData: keepPreviousData,
  });

/** Pictures of one day, `YYYYMMDD`. */
export const picturesQuery = (address: SourceAddress, day: string, offset: number, limit: number) =>
  queryOptions({
    queryKey: ['pictures', address, 'day', day, offset, limit],
    queryFn: ({ signal }) =>
      request<PicturePage>('GET', [...sourceParts(address), 'pictures'], { query: { day, offset, limit }, signal }),
  });

export const certificatesQuery = (address: SourceAddress, offset: number, limit: number) =>
  queryOptions({
    queryKey: ['certificates', address, offset, limit],
    queryFn: ({ signal }) =>
      request<CertificatePage>('GET', [...sourceParts(address), 'certificates'], { query: { offset, limit }, signal }),
    placeholderData: keepPreviousData,
    // The hub makes them by itself, some time after a day is over.
    refetchInterval: 60_000,
  });

export const remarksQuery = (address: SourceAddress, day: string, number: number, limit: number) =>
  queryOptions({
    queryKey: ['certificates', 'remarks', address, day, number, limit],
    queryFn: ({ signal }) =>
      request<RemarkPage>('GET', [...sourceParts(address), 'certificates', day, 'remarks'], {
        query: { number, limit },
        signal,
      }),
    staleTime: Number.POSITIVE_INFINITY,
  });

export const schedulesQuery = () =>
  queryOptions({
    queryKey: ['schedules'],
    queryFn: ({ signal }) => request<Schedules>('GET', ['schedules'], { signal }),
    staleTime: 60_000,
  });

export const destinationsQuery = () =>
  queryOptions({
    queryKey: ['destinations'],
    queryFn: async ({ signal }) =>
      listOf<Destination>(await request('GET', ['destinations'], { signal }), 'destinations'),
    staleTime: 60_000,
  });

export const reportsQuery = (offset: number, limit: number) =>
  queryOptions({
    queryKey: ['reports', 'list', offset, limit],
    queryFn: ({ signal }) => request<ReportPage>('GET', ['reports'], { query: { offset, limit }, signal }),
    placeholderData: keepPreviousData,
  });

export const reportQuery = (id: string) =>
  queryOptions({
    queryKey: ['reports', 'one', id],
    queryFn: ({ signal }) => request<Report>('GET', ['reports', id], { signal }),
  });

export const estimateQuery = (id: string) =>
  queryOptions({
    queryKey: ['reports', 'estimate', id],
    queryFn: ({ signal }) => request<Estimate>('GET', ['reports', id, 'estimate'], { signal }),
    staleTime: 0,
  });

export type UnmatchedFilter = {
  class?: UnmatchedClass | undefined;
  search?: string | undefined;
  /** Only what the last report did not name. */
  isNew?: boolean | undefined;
};
export const unmatchedQuery = (id: string, filter: UnmatchedFilter, offset: number, limit: number) =>
  queryOptions({
    queryKey: ['reports', 'unmatched', id, filter, offset, limit],
    queryFn: ({ signal }) =>
      request<UnmatchedPage>('GET', ['reports', id, 'unmatched'], {
        query: {
          class: filter.class,
          search: filter.search || undefined,
          new: filter.isNew === undefined ? undefined : String(filter.isNew),
          offset,
          limit,
        },
        signal,
      }),
    placeholderData: keepPreviousData,
  });

export const jobsQuery = () =>
  queryOptions({
    queryKey: ['jobs'],
    queryFn: async ({ signal }) => listOf<Job>(await request('GET', ['jobs'], { signal }), 'jobs'),
  });

export const drillsQuery = (site: string, device: string) =>
  queryOptions({
    queryKey: ['drills', 'of', site, device],
    queryFn: ({ signal }) => request<DrillPage>('GET', ['drills'], { query: { site, device, limit: 5 }, signal }),
  });

export const drillQuery = (id: string) =>
  queryOptions({
    queryKey: ['drills', 'one', id],
    queryFn: ({ signal }) => request<Drill>('GET', ['drills', id], { signal }),
  });

export const activityQuery = (limit: number) =>
  queryOptions({
    queryKey: ['activity', limit],
    queryFn: async ({ signal }) =>
      listOf<Activity>(await request('GET', ['activity'], { query: { limit }, signal }), 'activity'),
    placeholderData: keepPreviousData,
  });

export const usersQuery = () =>
  queryOptions({
    queryKey: ['users'],
    queryFn: async ({ signal }) => listOf<User>(await request('GET', ['users'], { signal }), 'users'),
  });

/** Lists come bare or under their name. */
function listOf<T>(answer: T[] | Record<string, T[]>, name: string): T[] {
  return Array.isArray(answer) ? answer : (answer[name] ?? []);
}
