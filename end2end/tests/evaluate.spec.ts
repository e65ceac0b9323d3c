import { expect, open, test } from "../harness/fixtures";
import { inspect } from "../harness/inspect";
import { Souk } from "../harness/souk";

const SETTINGS = `products = 6
rollouts = 2
against = [{ name = "persuadable", personas = ["neutral", "insulting"] }]
`;

// A sign-in link works once; what it gave is kept for the tests that follow.
const SIGNED_IN = "artefacts/evaluation.json";

test.describe.configure({ mode: "serial" });
// What is refused, or is not for everybody, is asked for on purpose.
test.use({ expectedConsole: /\/fn\/suite-estimate|404 \(Not Found\) .*\/ladders\// });
test.describe("evaluation", () => {
  let souk: Souk;
  test.beforeAll(async () => {
    souk = await Souk.start("evaluation", { SOUK_WORKER: "beside" });
  });
  test.afterAll(async () => souk.remove());

  test("from the form to who is better", async ({ visitor }) => {
    test.slow();
    const page = await visitor({ baseURL: souk.url });
    await open(page, new URL(souk.signInLink()).pathname);
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
    await page.waitForURL("**/research");
    await page.context().storageState({ path: SIGNED_IN });

    await open(page, new URL("/evaluate", souk.url).href);
    await expect(page.getByRole("heading", { name: "No suite yet" })).toBeVisible();
    await inspect(page, "evaluate-empty");
    await page.setViewportSize({ width: 1280, height: 800 });
    const form = page.getByRole("form", { name: "A new suite" });
    await form.getByRole("radio", { name: /^custom/ }).check();
    await form.getByRole("textbox", { name: "Who is measured" }).fill("nemo");
    await form.getByRole("button", { name: "What would it take?" }).click();
    await expect(form.getByText("There is no negotiator `nemo`")).toBeVisible();
    await form.getByRole("textbox", { name: "Who is measured" }).fill("linear, boulware");
    await form.getByRole("textbox", { name: "What it is for" }).fill("Two fixed rules");
    await form.getByRole("textbox", { name: "Settings that differ from the plan" }).fill(SETTINGS);
    await form.getByRole("button", { name: "What would it take?" }).click();
    await expect(form.getByRole("status")).toContainText("4 pairs, 48 episodes");
    await form.getByRole("button", { name: "Start the suite" }).click();

    await expect(page.getByRole("heading", { level: 1 })).toHaveText("Two fixed rules");
    await expect(page.getByRole("status").first()).toHaveText("done", { timeout: 60_000 });
    await expect(page.getByText("48 of 48 episodes")).toBeVisible();
    const matrix = page.getByRole("region", { name: "Mean reward by opponent" });
    await expect(matrix.getByRole("rowheader", { name: "boulware" })).toBeVisible();
    await expect(page.getByRole("region", { name: "Differences" })).toContainText("linear");
    await inspect(page, "suite");
    await page.setViewportSize({ width: 1280, height: 800 });
    await page.reload();
    await expect(page.getByText("48 of 48 episodes")).toBeVisible();
  });

  test("who is best, and where it failed, in four clicks", async ({ visitor }) => {
    test.slow();
    const page = await visitor({ baseURL: souk.url, storageState: SIGNED_IN });
    await open(page, new URL("/research", souk.url).href);
    await page.getByRole("link", { name: "See the suites" }).click();
    await page.getByRole("link", { name: "Two fixed rules" }).click();
    const figures = page.getByRole("region", { name: "Figures of each pair" });
    await figures.getByRole("row", { name: /^linear persuadable \(insulting\)/ }).getByRole("link", { name: "12" }).click();
    await expect(page).toHaveURL(/evaluation=.*order=buyer_reward_up/);
    const found = page.getByRole("region", { name: "Episodes that fit" });
    await expect(found.getByRole("row")).toHaveCount(13);
    await inspect(page, "episodes");
    await page.setViewportSize({ width: 1280, height: 800 });
    await found.getByRole("rowheader").first().getByRole("link").click();
    await expect(page.getByRole("heading", { name: "Transcript" })).toBeVisible();
    await expect(page.getByText("Where it comes from")).toBeVisible();
    await inspect(page, "episode-in-full");
  });

  test("an episode is labelled, rated and gone on with otherwise", async ({ visitor }) => {
    test.slow();
    const page = await visitor({ baseURL: souk.url, storageState: SIGNED_IN });
    await open(page, new URL("/research/episodes?seller=persuadable&q=price+or+offer+or+deal", souk.url).href);
    await page.getByRole("region", { name: "Episodes that fit" }).getByRole("rowheader").first().getByRole("link").click();
    await page.getByRole("combobox", { name: "New tag" }).fill("to read");
    await page.getByRole("button", { name: "Tag it" }).click();
    await expect(page.getByRole("list", { name: "Tags" })).toContainText("to read");
    await page.getByLabel("Rate its").fill("sense");
    await page.getByLabel("From 1 to 5").selectOption("4");
    await page.getByRole("button", { name: "Rate it" }).click();
    await expect(page.getByText("sense: 4 of 5, you")).toBeVisible();
    await page.getByRole("link", { name: "What if, from message 2 on" }).click();
    await expect(page.getByLabel("Keep all up to")).toHaveValue("2");
    await page.getByLabel("The next message offers, $").fill("a lot");
    await page.getByRole("button", { name: "Play it on" }).click();
    await expect(page.getByRole("alert")).toContainText("is no price");
    await page.getByLabel("Seller", { exact: true }).selectOption("conceder");
    await page.getByLabel("Rollouts").fill("12");
    await page.getByRole("button", { name: "Play it on" }).click();
    await expect(page.getByText("All 24 episodes are played.")).toBeVisible({ timeout: 30_000 });
    await inspect(page, "what-if");
    await page.setViewportSize({ width: 1280, height: 800 });
    await open(page, new URL("/research/episodes?tag=to%20read", souk.url).href);
    await expect(page.getByRole("region", { name: "Episodes that fit" }).getByRole("row")).toHaveCount(2);
    await page.getByRole("link", { name: "Drop the condition tag: to read" }).click();
    await expect(page.getByRole("link", { name: "Next page" })).toBeVisible();
  });

  test("figures, ladders, two beside each other, files", async ({ visitor }) => {
    test.slow();
    const page = await visitor({ baseURL: souk.url, storageState: SIGNED_IN });
    await open(page, new URL("/research/figures?seller=persuadable", souk.url).href);
    await expect(page.getByRole("img", { name: /^Offers by round/ })).toBeVisible();
    for (const [name, file] of [["PNG", "offers_by_round.png"], ["CSV", "offers_by_round.csv"]]) {
      const saved = page.waitForEvent("download");
      await page.getByRole(name === "PNG" ? "button" : "link", { name, exact: true }).first().click();
      expect((await saved).suggestedFilename()).toBe(file);
    }
    await inspect(page, "figures");
    await page.setViewportSize({ width: 1280, height: 800 });

    await open(page, new URL("/research/ladders", souk.url).href);
    await page.getByRole("textbox", { name: "Title" }).fill("Against the persuadable");
    await page.getByRole("textbox", { name: "Which episodes count" }).fill("seller=persuadable");
    await page.getByRole("button", { name: "Make it" }).click();
    await expect(page.getByRole("region", { name: "Ratings" })).toContainText("linear", { timeout: 30_000 });
    await inspect(page, "ladder");
    await page.setViewportSize({ width: 1280, height: 800 });
    const address = page.url();
    const passerby = await visitor({ baseURL: souk.url });
    expect((await passerby.goto(address))?.status()).toBe(404);
    await page.getByRole("button", { name: "Show it to everybody" }).click();
    await expect(page.getByRole("button", { name: "Show it to researchers alone" })).toBeVisible();
    await passerby.goto(address);
    await expect(passerby.getByRole("region", { name: "Win matrix" })).toBeVisible();

    await open(page, new URL("/research/compare", souk.url).href);
    await page.getByRole("combobox", { name: "One" }).fill("linear");
    await page.getByRole("combobox", { name: "The other" }).fill("boulware");
    await page.getByRole("button", { name: "Compare" }).click();
    await expect(page.getByText(/scenarios over 6 products/)).toBeVisible();
    await inspect(page, "compare");
    await page.setViewportSize({ width: 1280, height: 800 });

    await open(page, new URL("/research/episodes?buyer=linear", souk.url).href);
    const saved = page.waitForEvent("download");
    await page.getByRole("link", { name: "CSV" }).click();
    expect((await saved).suggestedFilename()).toBe("souk-export.zip");
  });
});
