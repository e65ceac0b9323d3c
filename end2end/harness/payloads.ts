import type { Page } from "@playwright/test";

export type Payload = { from: string; text: string };

/** Records every body and every socket frame that reaches a page, except the build's own files. */
export class Payloads {
  private readonly received: Payload[] = [];
  private readonly pending: Array<Promise<void>> = [];

  constructor(page: Page) {
    page.on("response", (response) => {
      const from = `${response.request().method()} ${new URL(response.url()).pathname}`;
      if (from.includes(" /pkg/")) return;
      this.keep(from, JSON.stringify(response.headers()));
      // A redirect and an aborted request have no body.
      const body = response.body().then(
        (bytes) => this.keep(from, bytes.toString("utf8")),
        () => undefined,
      );
      this.pending.push(body);
    });
    page.on("websocket", (socket) => {
      socket.on("framereceived", ({ payload }) => this.keep("frame", payload.toString()));
    });
  }

  /** All that has arrived so far. */
  async all(): Promise<Payload[]> {
    await Promise.all(this.pending);
    return [...this.received];
  }

  private keep(from: string, text: string): void {
    this.received.push({ from, text });
  }
}

/** The payloads in which an amount of money occurs, in any way of writing it. */
export function mentions(payloads: Payload[], mills: number): Payload[] {
  const pattern = spellings(mills);
  return payloads.filter(({ text }) => pattern.test(text));
}

/**
 * An amount as mills, as cents, and as dollars with 1 to 3 decimals, with or without separators
 * between thousands; never as a part of a longer number or a word. Whole dollars without decimals
 * count with a sign or a word for money alone: a bare 188 may be a number of days.
 */
export function spellings(mills: number): RegExp {
  const dollars = Math.floor(mills / 1000);
  const decimals = String(mills % 1000).padStart(3, "0").replace(/0+$/, "");
  const whole = [String(dollars), dollars.toLocaleString("en-US"), dollars.toLocaleString("de-DE")];
  const fraction = decimals === "" ? "[.,]0{1,3}" : `[.,]${decimals}0{0,${3 - decimals.length}}`;
  const digits = whole.map((text) => text.replaceAll(".", "\\."));
  const bare = digits.flatMap((text) => [`(?<=\\$\\s*)${text}`, `${text}\\s*(?:dollars|bucks|USD)`]);
  const written = [...digits.map((text) => text + fraction), ...(decimals === "" ? bare : [])];
  const units = [String(mills), mills % 10 === 0 ? String(mills / 10) : undefined];
  const all = [...written, ...units.filter((text) => text !== undefined)];
  // In JSON a line break or an escaped character may stand right before the amount.
  const start = String.raw`(?:(?<![\w.])|(?<=\\[nrt])|(?<=\\u[0-9a-fA-F]{4}))`;
  return new RegExp(`${start}(?:${all.join("|")})(?!\\w|\\.\\d|,\\d{3}(?!\\d))`);
}
