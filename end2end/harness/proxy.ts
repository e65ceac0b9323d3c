import { once } from "node:events";
import { type AddressInfo, type Server, connect, createServer } from "node:net";

/** What stands in front of several servers: each connection goes to the next one that takes it, and ends with it. */
export class Proxy {
  private next = 0;

  private constructor(
    private readonly server: Server,
    private readonly ports: number[],
  ) {
    server.on("connection", (client) => {
      client.on("error", () => client.destroy());
      client.pause();
      void this.reach().then((upstream) => {
        if (!upstream) return client.destroy();
        upstream.on("error", () => client.destroy()).on("close", () => client.destroy());
        client.on("close", () => upstream.destroy());
        client.pipe(upstream).pipe(client);
      });
    });
  }

  static async start(ports: number[]): Promise<Proxy> {
    const server = createServer();
    const proxy = new Proxy(server, ports);
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.server.close();
  }

  private async reach() {
    for (let tried = 0; tried < this.ports.length; tried++) {
      const upstream = connect(this.ports[this.next++ % this.ports.length]!, "127.0.0.1");
      const reached = await once(upstream, "connect").then(
        () => true,
        () => false,
      );
      if (reached) return upstream;
    }
    return undefined;
  }
}
