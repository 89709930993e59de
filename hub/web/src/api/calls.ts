import type {
  CommandRequest,
  CommandResult,
  Drill,
  Job,
  NewReport,
  NewUser,
  Report,
  Role,
  SetupRequest,
  SourceAddress,
  User,
} from './documents.ts';
import { sourceParts } from './queries.ts';
import { request, send, urlOf } from './request.ts';

/** What the pages order of the hub. */
export const signIn = (email: string, password: string) =>
  send<unknown>('POST', '/api/auth/sign-in/email', { body: { email, password } });
export const signOut = () => send<unknown>('POST', '/api/auth/sign-out', { body: {} });
export const setUp = (body: SetupRequest) => request<unknown>('POST', ['setup'], { body });

export const changePassword = (currentPassword: string, newPassword: string) =>
  request<void>('POST', ['users', 'me', 'password'], { body: { currentPassword, newPassword } });
export const addUser = (body: NewUser) => request<User>('POST', ['users'], { body });
export const changeRole = (id: string, role: Role) => request<User>('PATCH', ['users', id], { body: { role } });
export const removeUser = (id: string) => request<void>('DELETE', ['users', id]);

export const sendCommand = (site: string, device: string, body: CommandRequest) =>
  request<CommandResult>('POST', ['devices', site, device, 'commands'], { body });

export const createReport = (body: NewReport) => request<Report>('POST', ['reports'], { body });
export const rerunReport = (id: string, order: { sync: boolean; full?: boolean }) =>
  request<Report>('POST', ['reports', id, 'rerun'], { body: order });
export const cancelReport = (id: string) => request<Report>('POST', ['reports', id, 'cancel']);
export const removeReport = (id: string) => request<void>('DELETE', ['reports', id]);

export const startDrill = (site: string, device: string, minutes: number) =>
  request<Drill>('POST', ['devices', site, device, 'drills'], { body: { minutes } });

export type JobOrder = 'pause' | 'resume' | 'cancel';
export const orderJob = (id: string, order: JobOrder) => request<Job>('POST', ['jobs', id, order]);

/** Addresses that the browser loads by itself. */
export const previewUrl = (address: SourceAddress, version: string) =>
  urlOf([...sourceParts(address), 'preview'], { v: version });
export const certificateUrl = (address: SourceAddress, day: string, number: number) =>
  urlOf([...sourceParts(address), 'certificates', day], { number: String(number) });
export const exportUrl = (id: string, format: 'csv' | 'ndjson' | 'combined' | 'json') =>
  urlOf(['reports', id, 'export'], { format });
