/**
 * One way by which devices come in: the broker, the landing server, the hub's own HTTP. A revocation shuts them all, and then asks each
 * whether it is shut.
 */
export type Door = {
  readonly name: string;
  /** Lets a device in by these credentials; what it had before counts no more. */
  admit(device: Admitted): Promise<void>;
  /** Takes every way in from it, and ends what is open. `unreachable` (retryable) where that cannot be done now. */
  shut(device: string): Promise<void>;
  /** Has it no way in any more, neither new nor open? */
  isShut(device: string): Promise<boolean>;
};

/** `sshPublicKey`: one line as in `authorized_keys`, without options. */
export type Admitted = { device: string; sshPublicKey: string };
