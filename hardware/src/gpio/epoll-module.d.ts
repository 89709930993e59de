/** The part of the npm package epoll 4.0.2 that is used; it ships no types. */
declare module 'epoll' {
  export class Epoll {
    static readonly EPOLLIN: number;
    constructor(ready: (error: Error | null, fd: number, events: number) => void);
    add(fd: number, events: number): this;
    remove(fd: number): this;
    close(): void;
  }
}
