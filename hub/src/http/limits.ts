import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { limitKey } from './client-address.ts';
import { LimitError } from './problems.ts';

/** Attempts allowed: `points` within `duration` seconds. */
export type Limit = { points: number; duration: number };
export type Limits = { account: Limit; address: Limit; setup: Limit };

export const DEFAULT_LIMITS: Limits = {
  /** Failed sign-ins to one account from one address. Others' failures lock nobody out, as they come from elsewhere. */
  account: { points: 5, duration: 15 * 60 },
  /** Failed sign-ins from one address, whatever the accounts. */
  address: { points: 30, duration: 15 * 60 },
  setup: { points: 10, duration: 15 * 60 },
};

/**
 * Limits on guessing. Each call takes its points before the guess is looked at, so that guesses sent side by side count as
 * well, and gives them back when the guess was right. Keys are trusted addresses.
 */
export function createGuessLimits(limits: Limits = DEFAULT_LIMITS) {
  const limiter = (keyPrefix: keyof Limits) => new RateLimiterMemory({ keyPrefix, ...limits[keyPrefix] });
  const account = limiter('account');
  const address = limiter('address');
  const setup = limiter('setup');

  return {
    async signIn<T>(email: string, from: string, guess: () => Promise<T>): Promise<T> {
      const client = limitKey(from);
      const pair = `${email.toLowerCase()} ${client}`;
      await take(address, client, 'sign in');
      await take(account, pair, 'sign in');
      const right = await guess();
      await account.delete(pair);
      await address.reward(client);
      return right;
    },

    async setUp<T>(from: string, guess: () => Promise<T>): Promise<T> {
      await take(setup, limitKey(from), 'set up the hub');
      return guess();
    },
  };
}
export type GuessLimits = ReturnType<typeof createGuessLimits>;

async function take(limiter: RateLimiterMemory, key: string, what: string): Promise<void> {
  try {
    await limiter.consume(key);
  } catch (refusal) {
    if (!(refusal instanceof RateLimiterRes)) throw refusal;
    throw new LimitError(what, Math.max(1, Math.ceil(refusal.msBeforeNext / 1000)));
  }
}
