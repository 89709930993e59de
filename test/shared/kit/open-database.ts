/** A thread that opens the databases it is told of, and answers with how that went. */
import { parentPort } from 'node:worker_threads';
import { openDatabase } from '@vigie/shared/kit/sqlite';

parentPort?.on('message', (file: string) => {
  try {
    const database = openDatabase(file);
    database.exec('create table if not exists book (page integer)');
    database.close();
    parentPort?.postMessage('open');
  } catch (error) {
    parentPort?.postMessage(String(error));
  }
});
