import { Asked, expectUnbroken, moves } from "../harness/asked";
import { expect, test } from "../harness/fixtures";
import { Proxy } from "../harness/proxy";
import { Souk } from "../harness/souk";
import { Talk } from "../pages/talk";

// A browser reports the requests that a killed server does not answer.
test.use({ expectedConsole: /Failed to load resource|WebSocket connection|ERR_/ });

const CUT_OFF = "The connection is lost";
/** Within this time a page is back at another server. */
const BACK_WITHIN_MS = 5_000;

test.describe("two servers, one database", () => {
  let servers: [Souk, Souk];
  let proxy: Proxy;
  test.beforeAll(async () => {
    const first = await Souk.start("fleet-1");
    servers = [first, await Souk.start("fleet-2", { SOUK_DATA: first.data })];
    proxy = await Proxy.start(servers.map(({ port }) => port));
  });
  test.afterAll(async () => {
    proxy.stop();
    await servers[1].remove();
    await servers[0].remove();
  });

  test("a page goes on at another server, whichever dies", async ({ page }) => {
    const asked = new Asked(page.context().request, proxy.url);
    const { items } = await asked.products({ category: "electronics", sort: "price_down" });
    const product = items[0]!;
    const bid = (part: number) => ((product.list_price * part) / 1000).toFixed(2);
    const seats = { buyer: { type: "me" }, seller: { type: "negotiator", name: "boulware" } } as const;
    const id = await asked.start(product.id, seats);
    const talk = await Talk.open(page, id, proxy.url);
    await talk.offer(bid(0.2), "At whichever server");
    await talk.myTurnOrOver();

    const said = ["At whichever server"];
    for (const [number, souk] of servers.entries()) {
      const words = `After server ${number} died`;
      await souk.kill();
      await talk.offer(bid(0.25 + number / 20), words);
      await expect(talk.log.getByText(words)).toHaveCount(1);
      await expect(page.getByText(CUT_OFF)).toBeHidden({ timeout: BACK_WITHIN_MS });
      await expect(talk.log.getByText("Not through yet")).toHaveCount(0, { timeout: BACK_WITHIN_MS });
      expect(await talk.myTurnOrOver()).toBe("turn");
      said.push(words);
      await souk.run();
    }
    const { events } = await asked.episode(id);
    expectUnbroken(events);
    const table = moves(events);
    expect(table.filter(({ by }) => by === "buyer").map(({ talk }) => talk)).toEqual(said);
    expect(table.filter(({ by }) => by === "seller")).toHaveLength(said.length);
  });

  test("a proxy that finds no server is no refusal: the move is sent again", async ({ page }) => {
    const asked = new Asked(page.context().request, proxy.url);
    const { items } = await asked.products({ category: "electronics", sort: "price_down" });
    const product = items[0]!;
    const seats = { buyer: { type: "me" }, seller: { type: "negotiator", name: "boulware" } } as const;
    const talk = await Talk.open(page, await asked.start(product.id, seats), proxy.url);
    let refused = 0;
    await page.route("**/fn/move", (route) => {
      if (refused++ > 0) return route.continue();
      return route.fulfill({ status: 502, contentType: "text/html", body: "<h1>502 Bad Gateway</h1>" });
    });
    await talk.offer((product.list_price / 5000).toFixed(2), "Once more");
    await expect(talk.log.getByText("Once more")).toHaveCount(1);
    expect(await talk.myTurnOrOver()).toBe("turn");
    expect(refused).toBe(2);
    await expect.poll(async () => (await asked.moves(talk.id)).length).toBe(2);
  });
});
