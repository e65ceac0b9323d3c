import type { Page } from "@playwright/test";

/** Collects errors and warnings of a page: a hydration mismatch is one of them. */
export function watchConsole(page: Page, expected: RegExp | undefined): string[] {
  const complaints: string[] = [];
  const note = (text: string) => {
    if (!expected?.test(text)) complaints.push(text);
  };
  page.on("console", (message) => {
    const type = message.type();
    if (type === "error" || type === "warning") {
      note(`${type}: ${message.text()} (${message.location().url} on ${page.url()})`);
    }
  });
  page.on("pageerror", (error) => note(`uncaught: ${error.message} (on ${page.url()})`));
  return complaints;
}
