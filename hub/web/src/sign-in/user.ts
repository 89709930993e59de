import { createContext, use } from 'react';
import type { Role, User } from '../api/documents.ts';

/** Who is signed in; set by `Gate`, inside which every page lives. */
export const UserContext = createContext<User | null>(null);

export function useUser(): User {
  const user = use(UserContext);
  if (!user) throw new Error('Read the user "useUser": nobody is signed in here, the page must lie inside Gate.');
  return user;
}

const RANK: Record<Role, number> = { viewer: 0, operator: 1, admin: 2 };

/** May the signed-in person do what needs this role? The hub decides; the page only spares a refusal. */
export const useMay = (role: Role): boolean => RANK[useUser().role] >= RANK[role];
