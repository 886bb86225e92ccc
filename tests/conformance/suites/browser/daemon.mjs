// A fanion daemon that can be restarted on the same ports.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { eventually } from './deadline.mjs';

const LISTENERS = ['port', 'management-port', 'sync-port', 'ofrep-port'];

async function isFree(port) {
  const server = createServer().listen(port);
  try {
    await once(server, 'listening');
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
}

// Free ports below the ephemeral range: while the daemon is down, the kernel could otherwise give its port to
// the outgoing connection of a browser.
async function freePorts(count) {
  const ports = new Set();
  while (ports.size < count) {
    const port = 10_000 + Math.floor(Math.random() * 20_000);
    if (await isFree(port)) ports.add(port);
  }
  return [...ports];
}

export class Daemon {
  name = 'daemon';
  log = '';

  constructor(binary, flags) {
    this.command = [binary, 'start', '--uri', `file:${flags}`, '--log-format', 'json'];
  }

  async start() {
    this.ports ??= Object.fromEntries((await freePorts(LISTENERS.length)).map((port, nth) => [LISTENERS[nth], port]));
    const [binary, ...rest] = this.command;
    const ports = LISTENERS.flatMap((name) => [`--${name}`, String(this.ports[name])]);
    this.process = spawn(binary, [...rest, ...ports], { stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.process.stdout, this.process.stderr]) {
      stream.on('data', (text) => (this.log += text));
    }
    await eventually('fanion is ready', () => this.ready());
  }

  async ready() {
    if (this.process.exitCode !== null) throw new Error(`fanion exited with ${this.process.exitCode}`);
    try {
      return (await fetch(`http://localhost:${this.ports['management-port']}/readyz`)).ok;
    } catch {
      return false;
    }
  }

  // Sends SIGTERM and waits. Returns the exit code, or the name of the signal that ended the process.
  async stop() {
    const { process } = this;
    process.kill('SIGTERM');
    await eventually('fanion is gone', () => process.exitCode !== null || process.signalCode !== null);
    return process.exitCode ?? process.signalCode;
  }

  kill() {
    this.process?.kill('SIGKILL');
  }

  // The address of a listener, for use in a page.
  address(listener) {
    return `http://localhost:${this.ports[listener]}`;
  }
}
