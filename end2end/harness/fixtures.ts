import { type BrowserContextOptions, type Page, expect, test as base } from "@playwright/test";
import { watchConsole } from "./console";

type Fixtures = {
  /** Another visitor with a browser context, and so a cookie, of its own. */
  visitor: (options?: BrowserContextOptions) => Promise<Page>;
  /** Console lines that the test brings about itself, such as those of a killed server. */
  expectedConsole: RegExp | undefined;
};

/** Playwright's `test` against the shared server; a console error or warning in any page fails it. */
export const test = base.extend<Fixtures>({
  baseURL: async ({}, use) => {
    const url = process.env.E2E_URL;
    if (!url) throw new Error("the shared server has not been started");
    await use(url);
  },
  expectedConsole: [undefined, { option: true }],
  visitor: async ({ browser, baseURL, contextOptions, expectedConsole }, use) => {
    const opened: Array<{ page: Page; complaints: string[] }> = [];
    await use(async (options = {}) => {
      const context = await browser.newContext({ ...contextOptions, baseURL, ...options });
      const page = await context.newPage();
      opened.push({ page, complaints: watchConsole(page, expectedConsole) });
      return page;
    });
    for (const { page, complaints } of opened) {
      await page.context().close();
      expect(complaints, "the page's console").toEqual([]);
    }
  },
  page: async ({ page, expectedConsole }, use) => {
    const complaints = watchConsole(page, expectedConsole);
    await use(page);
    expect(complaints, "the page's console").toEqual([]);
  },
});

export { expect };

/** Waits until the page listens to its reader: rendered by the server, then taken over by the wasm. */
export async function interactive(page: Page): Promise<void> {
  await page.locator("html[data-hydrated]").waitFor({ state: "attached" });
}

/** Opens an address and waits until the page listens. */
export async function open(page: Page, address: string): Promise<void> {
  await page.goto(address);
  await interactive(page);
}

/** Leaves a measured value in the report. */
export function figure(text: string): void {
  test.info().annotations.push({ type: "figure", description: text });
}
