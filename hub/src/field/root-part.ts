import type { Installation } from './installation.ts';
import { type Accounts, DEVICES_GROUP, type Places } from './places.ts';
import { DOING } from './requests.ts';

/**
 * The part of the hub's work that only root may do, as small as it can be: a script that systemd starts when the hub has left a request.
 * Names in requests come from the hub, so each is checked; the worst that a hub in wrong hands can ask for is an account for a device that
 * is none, and the end of a device's sessions.
 */
export function rootPart(at: Places, accounts: Accounts): Installation {
  return {
    before: [`getent group ${DEVICES_GROUP} >/dev/null || groupadd --system ${DEVICES_GROUP}`],
    folders: [
      // Root's own, so that the hub cannot put something else in the place of the folders below it.
      { path: at.field, owner: 'root', group: 'root', mode: '0755' },
      { path: at.requests, owner: accounts.hub, group: accounts.hub, mode: '0700' },
      { path: dirnameOf(at.rootScript), owner: 'root', group: 'root', mode: '0755' },
      { path: at.units, owner: 'root', group: 'root', mode: '0755' },
      { path: `${at.units}/vigie-hub.service.d`, owner: 'root', group: 'root', mode: '0755' },
    ],
    files: [
      { path: at.rootScript, text: rootScript(at, accounts), owner: 'root', group: 'root', mode: '0755' },
      { path: `${at.units}/vigie-field.path`, text: pathUnit(at), owner: 'root', group: 'root', mode: '0644' },
      { path: `${at.units}/vigie-field.service`, text: serviceUnit(at), owner: 'root', group: 'root', mode: '0644' },
      {
        path: `${at.units}/vigie-hub.service.d/field.conf`,
        text: `[Service]\nReadWritePaths=-${at.field}\n`,
        owner: 'root',
        group: 'root',
        mode: '0644',
      },
    ],
    after: [],
  };
}

const dirnameOf = (path: string) => path.slice(0, path.lastIndexOf('/'));

/** Level, not edge: what is asked for while the script runs starts it again. It is never given up for having been started often. */
const pathUnit = (at: Places) => `[Unit]
Description=Requests of the Vigie hub to root
[Path]
DirectoryNotEmpty=${at.requests}
TriggerLimitIntervalSec=0
[Install]
WantedBy=multi-user.target
`;

const serviceUnit = (at: Places) => `[Unit]
Description=What only root may do for the Vigie hub
StartLimitIntervalSec=0
[Service]
Type=oneshot
ExecStart=${at.rootScript}
TimeoutStartSec=60
ProtectHome=yes
PrivateTmp=yes
PrivateNetwork=yes
`;

function rootScript(at: Places, accounts: Accounts): string {
  return `#!/bin/sh
# Carries out what the Vigie hub asks of root, one request after the other, until there is none.
set -u
requests='${at.requests}'
pictures='${at.pictures}'
group='${DEVICES_GROUP}'
hub='${accounts.hub}'
reload_broker="\${VIGIE_RELOAD_BROKER:-systemctl reload mosquitto.service}"

# Only accounts of devices: their name, and their group if they are there.
allowed() {
  case $1 in
    vigie-*[!a-z0-9-]* | vigie-) return 1 ;;
    vigie-*) ;;
    *) return 1 ;;
  esac
  [ "\${#1}" -le 32 ] || return 1
  gid=$(getent group "$group" | cut -d: -f3)
  own=$(getent passwd "$1" | cut -d: -f4)
  [ -z "$own" ] || [ "$own" = "$gid" ]
}

make_account() {
  # '*' is no password, and not the mark of a locked account, which sshd lets in by no key either.
  getent passwd "$1" >/dev/null ||
    useradd --system --no-create-home --home-dir / --shell /usr/sbin/nologin --gid "$group" --password '*' "$1" ||
    return 1
  install -d -o root -g root -m 0755 "$pictures/$1" &&
    install -d -o "$1" -g "$hub" -m 2750 "$pictures/$1/pictures"
}

# Until nothing was there at three looks: a session may be just about to begin. Before it has its user it is known by its title.
# What is dead and waits for its parent is no session any more (-r).
end_sessions() {
  title="^sshd(-session|-auth)?: $1( |@|\\$)"
  quiet=0 looks=0
  while [ "$looks" -lt 50 ]; do
    looks=$((looks + 1))
    found=no
    if getent passwd "$1" >/dev/null && pkill -KILL -r D,R,S,T,t -u "$1"; then found=yes; fi
    if pkill -KILL -r D,R,S,T,t -f "$title"; then found=yes; fi
    if [ "$found" = yes ]; then quiet=0; else quiet=$((quiet + 1)); fi
    [ "$quiet" -lt 3 ] || return 0
    sleep 0.1
  done
  return 1
}

carry_out() {
  case $1 in
    broker) $reload_broker ;;
    account.*) allowed "\${1#account.}" && make_account "\${1#account.}" ;;
    end.*) allowed "\${1#end.}" && end_sessions "\${1#end.}" ;;
    *) return 1 ;;
  esac
}

known() {
  case $1 in
    broker) return 0 ;;
    account.*) allowed "\${1#account.}" ;;
    end.*) allowed "\${1#end.}" ;;
    *) return 1 ;;
  esac
}

failed=no
while :; do
  some=no
  for path in "$requests"/*; do
    [ -e "$path" ] || [ -L "$path" ] || continue
    name=\${path##*/}
    request=\${name#${DOING}}
    if ! known "$request"; then
      echo "vigie-field: a request that is none was removed" >&2
      rm -rf -- "$path"
      continue
    fi
    doing="$requests/${DOING}$request"
    [ "$path" = "$doing" ] || mv -fT -- "$path" "$doing" || continue
    if carry_out "$request"; then
      rm -rf -- "$doing"
      some=yes
    else
      echo "vigie-field: $request: failed; it is tried again" >&2
      failed=yes
    fi
  done
  [ "$some" = yes ] && [ "$failed" = no ] || break
done
[ "$failed" = no ] || { sleep 1; exit 1; }
`;
}
