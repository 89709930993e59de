/** The hub's rules for accounts, told before it has to refuse. Each gives the complaint or null. */
export const PASSWORD_LENGTH_MIN = 10;
const PASSWORD_LENGTH_MAX = 128;

export const validName = (name: string): string | null => (name.trim() === '' ? 'A name is needed.' : null);

export const validEmail = (email: string): string | null =>
  /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(email.trim()) ? null : 'An e-mail address like name@example.org is needed.';

export function validPassword(password: string): string | null {
  if (password.length < PASSWORD_LENGTH_MIN) return `At least ${PASSWORD_LENGTH_MIN} characters are needed.`;
  if (password.length > PASSWORD_LENGTH_MAX) return `At most ${PASSWORD_LENGTH_MAX} characters are allowed.`;
  return null;
}
