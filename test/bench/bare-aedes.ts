/**
 * aedes with nothing behind it, for the comparison: `node test/bench/bare-aedes.ts <port>`. No disk, no subscriber, no
 * credentials.
 */
import { createServer } from 'node:net';
import { Aedes } from 'aedes';

const aedes = await Aedes.createBroker();
createServer((socket) => aedes.handle(socket)).listen(Number(process.argv[2]), '127.0.0.1');
