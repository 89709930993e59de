// On the pinned Node: loads every add-on, so that one that was built for another Node fails here and not in the field.
import { createRequire } from 'node:module';

const fromHardware = createRequire(new URL('../../hardware/package.json', import.meta.url));
const fromShared = createRequire(new URL('../../shared/package.json', import.meta.url));
const fromAgent = createRequire(new URL('../../agent/package.json', import.meta.url));
fromHardware('gphoto2');
fromHardware('koffi');
createRequire(fromHardware.resolve('onoff'))('epoll');
fromAgent('better-sqlite3');
fromAgent('sharp');
// Without its add-on ssh2 works all the same, at two thirds of the speed, and its own build does not fail when it fails.
createRequire(fromShared.resolve('ssh2'))('./protocol/crypto/build/Release/sshcrypto.node');
