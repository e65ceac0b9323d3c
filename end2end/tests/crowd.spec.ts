import type { BrowserContext, Page } from "@playwright/test";
import { expect, figure, open, test } from "../harness/fixtures";
import { Souk } from "../harness/souk";
import { answer, makeDraft } from "../harness/study";

const PATIENCE_MS = 240_000;
/** Looks at a page where somebody else is to act, before its browser leaves with pay for waiting. */
const LOOKS = 120;

/** What somebody does to a page besides what it asks. */
type Mischief = (page: Page, nth: number) => Promise<void>;

const MISCHIEF: Record<string, Mischief> = {
  calm: async () => {},
  reloads: async (page) => void (await page.reload()),
  "goes back": async (page) => {
    await page.goBack();
    // Not out of the study, where nothing asks for anything.
    if (!page.url().startsWith("http")) await page.goForward();
  },
  "has two tabs": async (page) => {
    const other = await page.context().newPage();
    await other.goto(new URL(page.url()).pathname);
    await other.close();
  },
  "presses twice": async (page) => {
    const button = page.getByRole("main").locator("form button:visible").first();
    if ((await button.count()) > 0) await button.dblclick({ noWaitAfter: true }).catch(() => {});
  },
};

/** Does what the page asks until the participation is over. Answers with how it ended. */
async function walk(page: Page, mischief: Mischief): Promise<string> {
  const deadline = Date.now() + PATIENCE_MS;
  let nth = 0;
  let looks = 0;
  const press = async (name: string) => page.getByRole("button", { name }).first().click({ timeout: 2_000 });
  while (Date.now() < deadline) {
    try {
      const heading = (await page.getByRole("heading", { level: 1 }).textContent({ timeout: 5_000 })) ?? "";
      if (heading === "Thank you") return (await page.getByRole("main").textContent()) ?? "";
      if (nth % 3 === 1) await mischief(page, nth);
      nth += 1;
      const has = async (name: string) => (await page.getByRole("button", { name }).count()) > 0;
      if (heading === "Consent") await press("I have read this, and take part");
      else if (heading === "How it works") await press("I have read this");
      else if (await has("Skip it")) await press("Skip it");
      else if (await has("Go on")) await press("Go on");
      else if (await has("Send the answers")) {
        const age = page.getByRole("textbox", { name: /How old are you/ });
        if ((await age.count()) > 0) await age.fill("30");
        await answer(page);
        await press("Send the answers");
      } else if (await has("Begin this talk")) await press("Begin this talk");
      else if (await has("Finish, and get the code")) await press("Finish, and get the code");
      else if (await has("Offer this price")) {
        await page.getByRole("textbox", { name: "What you say" }).fill(`Message ${nth}.`, { timeout: 2_000 });
        const accept = page.getByRole("button", { name: /^Accept/ });
        const refused = (await page.getByText("beyond your own limit").count()) > 0;
        if ((await accept.count()) > 0 && !refused) await accept.click({ timeout: 2_000 });
        else {
          const limit = /(?:budget|cost) is \$([\d.,]+)/.exec((await page.getByRole("main").textContent()) ?? "")?.[1] ?? "";
          await page.getByRole("textbox", { name: /Your price/ }).fill(limit.replace(/,/g, "").replace(/\.$/, ""), { timeout: 2_000 });
          await press("Offer this price");
        }
      } else if (await has("Stop waiting and leave")) {
        looks += 1;
        if (looks > LOOKS) await press("Stop waiting and leave");
        await page.waitForTimeout(500);
      } else await page.waitForTimeout(500);
    } catch (error) {
      // The page went on by itself meanwhile: look again.
      if (page.isClosed()) throw error;
      if (!page.url().startsWith("http")) await page.goForward().catch(() => {});
    }
  }
  throw new Error(`stranded at ${page.url()}:\n${await page.getByRole("main").textContent()}`);
}

async function enter(page: Page, id: string): Promise<void> {
  await page.goto(`/s/crowd?PROLIFIC_PID=${id}&STUDY_ID=s&SESSION_ID=t&language=en`);
  const begin = page.getByRole("button", { name: "Begin" });
  if ((await begin.count()) > 0) await begin.click();
}

/** Makes the conditions two scripts and people, and launches. */
async function launch(desk: Page, pilot: boolean): Promise<string> {
  await desk.getByRole("link", { name: "Change it in forms" }).click();
  await desk.getByRole("spinbutton", { name: /Negotiations of a participant/ }).fill("1");
  await desk.getByRole("button", { name: "Keep this version" }).first().click();
  await desk.getByRole("link", { name: /^Conditions/ }).click();
  const across = desk.getByRole("combobox", { name: "Across the table" });
  await across.nth(0).selectOption("conceder");
  await across.nth(1).selectOption("linear");
  await desk.getByRole("button", { name: "Add a condition like the last one" }).click();
  await expect(across).toHaveCount(3);
  await across.nth(2).selectOption("person/boulware");
  await desk.getByRole("combobox", { name: "The participant" }).nth(2).selectOption("");
  await desk.getByRole("textbox", { name: "Name", exact: true }).nth(2).fill("people");
  await desk.getByRole("button", { name: "Keep this version" }).first().click();
  await desk.getByRole("link", { name: "People and pay" }).click();
  await desk.getByRole("spinbutton", { name: "Participants who complete it" }).fill("200");
  await desk.getByRole("spinbutton", { name: /Most of the whole study/ }).fill("1000000");
  await desk.getByRole("spinbutton", { name: "Until a partner who left counts as gone" }).fill("1");
  await desk.getByRole("button", { name: "Keep this version" }).first().click();
  await desk.getByRole("link", { name: "Preregistration" }).click();
  await desk.getByRole("textbox", { name: /Leave out who is faster/ }).fill("");
  await desk.getByRole("button", { name: "Keep this version" }).first().click();
  await desk.getByRole("link", { name: "Overview" }).click();
  await expect(desk.getByText("The file is complete.")).toBeVisible();
  if (pilot) await desk.getByRole("button", { name: "Launch a pilot" }).click();
  await expect(desk.getByRole("heading", { name: "Preregistration" })).toBeVisible();
  return desk.url().split("?")[0] ?? "";
}

test.use({ expectedConsole: /422|409 \(Conflict\)|Failed to load resource|ERR_ABORTED/ });

test("150 bots and six browsers at once, that reload, go back, come late and drop out: nobody is stranded", async ({ visitor }) => {
  test.setTimeout(600_000);
  const souk = await Souk.start("crowd", { SOUK_STUDY_THINK_MS: "0" });
  const desk = await visitor({ baseURL: souk.url });
  await makeDraft(desk, souk, "crowd");
  const home = await launch(desk, true);
  const begun = Date.now();
  await desk.getByRole("textbox", { name: "Bots" }).fill("150");
  await desk.getByRole("button", { name: "Let them take part" }).click();

  const kinds = Object.keys(MISCHIEF);
  const one = async (n: number): Promise<string> => {
    const page = await visitor({ baseURL: souk.url });
    const mischief = MISCHIEF[kinds[n % kinds.length] ?? "calm"] ?? (async () => {});
    // A late one, while the others are at it.
    if (n === 5) await page.waitForTimeout(5_000);
    await enter(page, `browser${n}`);
    if (n !== 2) return walk(page, mischief);
    // Drops out on the way, and comes back by the same link in another browser.
    const gone: BrowserContext = page.context();
    await page.getByRole("button", { name: "I have read this, and take part" }).click();
    await gone.close();
    const again = await visitor({ baseURL: souk.url });
    await enter(again, `browser${n}`);
    await expect(again.getByRole("heading", { level: 1 })).toHaveText("About you");
    return walk(again, mischief);
  };
  const ends = await Promise.all([0, 1, 2, 3, 4, 5].map(one));
  for (const end of ends) expect(end).toMatch(/You have completed the study|Nobody came/);
  expect(ends.filter((end) => end.includes("You have completed")).length).toBeGreaterThanOrEqual(2);

  await open(desk, `${home}?view=participants`);
  const over = desk.getByRole("cell", { name: /^over: / });
  await expect(over).toHaveCount(156, { timeout: 120_000 });
  figure(`150 bots and six browsers took part within ${Math.round((Date.now() - begun) / 1000)} s`);
  await desk.getByRole("link", { name: "Results" }).click();
  await expect(desk.getByRole("table").first()).toContainText("people");
  await souk.remove();
});

test("two people meet, one of them vanishes: the other is told, goes on, and is paid", async ({ visitor }) => {
  test.setTimeout(300_000);
  const souk = await Souk.start("pair", { SOUK_STUDY_THINK_MS: "0" });
  const desk = await visitor({ baseURL: souk.url });
  await makeDraft(desk, souk, "crowd");
  await desk.getByRole("link", { name: "Change it in forms" }).click();
  await desk.getByRole("link", { name: /^Conditions/ }).click();
  await desk.getByRole("combobox", { name: "Across the table" }).nth(0).selectOption("person");
  await desk.getByRole("combobox", { name: "The participant" }).nth(0).selectOption("");
  await desk.getByRole("button", { name: "Remove", exact: true }).nth(1).click();
  await expect(desk.getByRole("combobox", { name: "Across the table" })).toHaveCount(1);
  await desk.getByRole("link", { name: "People and pay" }).click();
  await desk.getByRole("spinbutton", { name: "Until a partner who left counts as gone" }).fill("1");
  await desk.getByRole("button", { name: "Keep this version" }).first().click();
  await desk.getByRole("link", { name: "Basics" }).click();
  await desk.getByRole("spinbutton", { name: /Negotiations of a participant/ }).fill("1");
  await desk.getByRole("button", { name: "Keep this version" }).first().click();
  await desk.getByRole("link", { name: "Overview" }).click();
  await desk.locator("summary", { hasText: "Launch" }).click();
  await desk.getByRole("button", { name: "Yes, launch it" }).click();
  await expect(desk.getByRole("heading", { name: "Preregistration" })).toBeVisible();

  const toTheTable = async (page: Page): Promise<void> => {
    for (const name of ["I have read this, and take part"]) await page.getByRole("button", { name }).click();
    await page.getByRole("textbox", { name: /How old are you/ }).fill("30");
    await answer(page);
    for (const name of ["Send the answers", "I have read this", "Skip it"]) await page.getByRole("button", { name }).first().click();
    await answer(page);
    for (const name of ["Send the answers", "Begin this talk"]) await page.getByRole("button", { name }).first().click();
  };
  const [stays, leaves] = [await visitor({ baseURL: souk.url }), await visitor({ baseURL: souk.url })];
  await enter(stays, "stays");
  await toTheTable(stays);
  await expect(stays.getByRole("heading", { level: 1 })).toHaveText("Waiting for the other side");
  await expect(stays.getByText(/You have waited for 0 min/)).toBeVisible();
  await enter(leaves, "leaves");
  await toTheTable(leaves);
  for (const page of [stays, leaves]) {
    await expect(page.getByRole("heading", { level: 1 })).toContainText("Talk 1 of 1:", { timeout: 15_000 });
  }
  // Until it is the turn of the one who will vanish.
  await expect.poll(async () => {
    const own = stays.getByText("Your turn.");
    if ((await own.count()) > 0) {
      await stays.getByRole("textbox", { name: "What you say" }).fill("Hello there.");
      const limit = /(?:budget|cost) is \$([\d.,]+)/.exec((await stays.getByRole("main").textContent()) ?? "")?.[1] ?? "";
      await stays.getByRole("textbox", { name: /Your price/ }).fill(limit.replace(/,/g, "").replace(/\.$/, ""));
      await stays.getByRole("button", { name: "Offer this price" }).click();
    }
    return (await leaves.getByText("Your turn.").count()) > 0;
  }, { timeout: 20_000 }).toBe(true);
  await leaves.goto("about:blank");
  await expect(stays.getByText(/The other side has not been seen for a while/)).toBeVisible({ timeout: 60_000 });
  await expect(stays.getByText("The other side left. You are paid for this talk all the same.")).toBeVisible({ timeout: 90_000 });
  const end = await walk(stays, async () => {});
  expect(end).toContain("You have completed the study.");
  expect(end).toContain("0.50");
  await souk.remove();
});
