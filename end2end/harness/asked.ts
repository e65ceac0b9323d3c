import { randomUUID } from "node:crypto";
import { type APIRequestContext, type APIResponse, type Page, expect } from "@playwright/test";

export type Role = "buyer" | "seller";
export type Act = { type: "offer" | "accept"; price: number } | { type: "reject" | "quit" | "talk" };

/** An event as its reader sees it. `body` depends on `kind`, as in `rules::Event`. */
export type Envelope = { episode: string; seq: number; at: number; kind: string; body: never };
export type Moved = { by: Role; talk: string; act: Act };
export type EpisodePage = {
  head: { id: string; status: "waiting" | "playing" | "over"; invite?: string };
  events: Envelope[];
};
export type Card = { id: string; title: string; category: string; list_price: number };
export type ProductPage = { items: Card[]; total: number; page_size: number };
export type Reveal = { budget: number; cost: number; surplus: Record<Role, number> };
export type Seat = { type: "me" } | { type: "invite" } | { type: "negotiator"; name: string };

/** What the JSON API answers to the visitor whose cookies `request` sends. */
export class Asked {
  constructor(
    private readonly request: APIRequestContext,
    private readonly origin = "",
  ) {}

  static by(page: Page): Asked {
    return new Asked(page.context().request);
  }

  products(query: Record<string, string | number> = {}): Promise<ProductPage> {
    return this.get("products", query);
  }

  episode(id: string): Promise<EpisodePage> {
    return this.get(`episodes/${id}`);
  }

  /** Both limits; an error before the end. */
  reveal(id: string): Promise<Reveal> {
    return this.get(`episodes/${id}/reveal`);
  }

  async start(product: string, seats: Record<Role, Seat>, more: object = {}): Promise<string> {
    const body = { product, seats, key: randomUUID(), ...more };
    return (await this.post<{ id: string }>("episodes", body)).id;
  }

  join(id: string, token: string): Promise<{ role: Role }> {
    return this.post(`episodes/${id}/join`, { token });
  }

  move(id: string, talk: string, act: Act): Promise<{ events: Envelope[]; repeated: boolean }> {
    return this.post(`episodes/${id}/moves`, { key: randomUUID(), talk, act });
  }

  /** The moves on the table, in order. */
  async moves(id: string): Promise<Moved[]> {
    const { events } = await this.episode(id);
    return moves(events);
  }

  /** Waits until an episode is over. */
  async over(id: string): Promise<EpisodePage> {
    await expect.poll(async () => (await this.episode(id)).head.status).toBe("over");
    return this.episode(id);
  }

  private get<T>(what: string, params: Record<string, string | number> = {}): Promise<T> {
    return read(this.request.get(`${this.origin}/api/v1/${what}`, { params }));
  }

  private post<T>(what: string, data: object): Promise<T> {
    return read(this.request.post(`${this.origin}/api/v1/${what}`, { data }));
  }
}

async function read<T>(response: Promise<APIResponse>): Promise<T> {
  const answer = await response;
  if (!answer.ok()) throw new Error(`${answer.url()}: ${answer.status()} ${await answer.text()}`);
  return (await answer.json()) as T;
}

export function moves(events: Envelope[]): Moved[] {
  return events.filter(({ kind }) => kind === "moved").map(({ body }) => body as Moved);
}

/** Fails where a stored sequence has a gap or an event twice. */
export function expectUnbroken(events: Envelope[]): void {
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
}

/** An amount as pages write it: `$1,234.50`. */
export function money(mills: number): string {
  const decimals = mills % 10 === 0 ? 2 : 3;
  const digits = { minimumFractionDigits: decimals, maximumFractionDigits: decimals };
  return `$${(mills / 1000).toLocaleString("en-US", digits)}`;
}
