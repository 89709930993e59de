import { IconActivity, IconDeviceCctv, IconFileDiff, IconUsers } from '@tabler/icons-react';
import type { Role } from '../api/documents.ts';

/** The places that the navigation leads to, and who sees them. */
export const PLACES = [
  { to: '/', label: 'Fleet', icon: IconDeviceCctv, role: 'viewer' },
  { to: '/reports', label: 'Sync reports', icon: IconFileDiff, role: 'viewer' },
  { to: '/activity', label: 'Activity', icon: IconActivity, role: 'viewer' },
  { to: '/users', label: 'Users', icon: IconUsers, role: 'admin' },
] as const;

export const placesFor = (role: Role) => PLACES.filter((place) => place.role !== 'admin' || role === 'admin');
