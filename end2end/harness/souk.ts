import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, openSync, readFileSync, readdirSync } from "node:fs";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";

const HERE = path.resolve(import.meta.dirname, "..");
const TARGET = process.env.CARGO_TARGET_DIR ?? path.join(HERE, "..", "target");
/** The models that come with Souk. */
export const MODELS = path.join(HERE, "..", "models");
const READY_WITHIN_MS = 60_000;
const STOPPED_WITHIN_MS = 20_000;

/** A real `souk serve` with a data folder and a port of its own. */
export class Souk {
  private child: ChildProcess | undefined;

  private constructor(
    readonly name: string,
    readonly port: number,
    readonly data: string,
    private readonly env: Record<string, string>,
  ) {}

  /** Starts a fresh server and waits until it is ready. */
  static async start(name: string, env: Record<string, string> = {}): Promise<Souk> {
    const data = await mkdtemp(path.join(tmpdir(), "souk-e2e-"));
    // As root, the private Postgres runs as another user, who must be able to reach its folder.
    await chmod(data, 0o755);
    const souk = new Souk(name, await freePort(), data, env);
    await souk.run();
    return souk;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Starts the program on its port and data folder, again after `kill`. */
  async run(): Promise<void> {
    const log = openSync(this.logFile(), "a");
    const bin = process.env.SOUK_BIN ?? path.join(TARGET, "debug", "souk");
    if (!existsSync(bin)) throw new Error(`${bin} is missing: run \`cargo xtask build\` first.`);
    // A log file, not a pipe: Postgres would keep a pipe open after the server's end.
    this.child = spawn(bin, ["serve"], { env: this.environment(), stdio: ["ignore", log, log] });
    await this.ready();
  }

  /** Waits until the server and its store answer. */
  async ready(): Promise<void> {
    const deadline = Date.now() + READY_WITHIN_MS;
    while (Date.now() < deadline) {
      if (this.child?.exitCode != null || this.child?.signalCode != null) break;
      const answer = await fetch(`${this.url}/readyz`).catch(() => undefined);
      if (answer?.ok) return;
      await pause(100);
    }
    throw new Error(`souk serve is not ready. Its last words:\n${this.log().slice(-3000)}`);
  }

  /** What the server has printed so far. */
  log(): string {
    return readFileSync(this.logFile(), "utf8");
  }

  /** The link with which the first researcher signs in, as printed at the first start. */
  signInLink(): string {
    const link = /https?:\/\/\S*\/auth\/link\/[\w.-]+/.exec(this.log());
    if (!link) throw new Error(`souk serve printed no sign-in link:\n${this.log().slice(-3000)}`);
    return link[0];
  }

  /** kill -9 of the server alone. */
  async kill(): Promise<void> {
    await this.end("SIGKILL");
  }

  /**
   * kill -9 of the private Postgres' main process, and of each that the server starts in its place,
   * until `seen`: alone, the server has it back within a second or two.
   */
  async keepPostgresAway(seen: Promise<unknown>): Promise<void> {
    let away = true;
    const end = seen.finally(() => (away = false));
    while (away) {
      this.killPostgres();
      await Promise.race([end, pause(50)]);
    }
    await end;
  }

  private killPostgres(): void {
    try {
      process.kill(this.postgresPid(), "SIGKILL");
    } catch {
      // It is dead, and not yet back.
    }
  }

  /** Ends the server, and its Postgres should it have been left behind, and removes the folder. */
  async remove(): Promise<void> {
    await this.end("SIGTERM");
    this.endOrphanedPostgres();
    await rm(this.data, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }

  private async end(signal: "SIGTERM" | "SIGKILL"): Promise<void> {
    const child = this.child;
    if (!child || child.exitCode != null || child.signalCode != null) return;
    const exited = once(child, "exit");
    child.kill(signal);
    const patience = new AbortController();
    const late = pause(STOPPED_WITHIN_MS, "late", { signal: patience.signal, ref: false });
    const first = await Promise.race([exited, late.catch(() => "ended")]);
    patience.abort();
    if (first === "late") {
      child.kill("SIGKILL");
      throw new Error(`souk serve did not stop within ${STOPPED_WITHIN_MS} ms of ${signal}`);
    }
  }

  /** A server that was killed may leave its Postgres behind. */
  private endOrphanedPostgres(): void {
    try {
      const pid = this.postgresPid();
      // The number may be another process' by now.
      const command = readFileSync(`/proc/${pid}/cmdline`, "utf8");
      if (command.includes(this.data)) process.kill(pid, "SIGQUIT");
    } catch {
      // It has ended with the server, as it should.
    }
  }

  private postgresPid(): number {
    const files = readdirSync(this.data, { recursive: true, encoding: "utf8" });
    const found = files.find((file) => path.basename(file) === "postmaster.pid");
    if (!found) throw new Error(`There is no postmaster.pid in ${this.data}`);
    const [pid] = readFileSync(path.join(this.data, found), "utf8").split("\n");
    return Number(pid);
  }

  private logFile(): string {
    const folder = path.join(HERE, "artefacts", "logs");
    mkdirSync(folder, { recursive: true });
    return path.join(folder, `${this.name}-${path.basename(this.data)}.log`);
  }

  /** Only what this server shall have: a setting of the caller's own Souk would change the test. */
  private environment(): NodeJS.ProcessEnv {
    const own = /^(SOUK_|DATABASE_URL$)/;
    const rest = Object.entries(process.env).filter(([name]) => !own.test(name));
    return {
      ...Object.fromEntries(rest),
      SOUK_ADDR: `127.0.0.1:${this.port}`,
      SOUK_DATA: this.data,
      SOUK_SITE: process.env.SOUK_SITE ?? path.join(TARGET, "site"),
      SOUK_MODELS: path.join(MODELS, "models.toml"),
      SOUK_LOG_FORMAT: "text",
      // A worker beside each server would take the processor from what is measured.
      SOUK_WORKER: "none",
      ...this.env,
    };
  }
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, "close");
  return port;
}
