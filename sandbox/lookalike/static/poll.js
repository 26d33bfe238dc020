// Asks every second, while the page can be seen, whether something changed.

const PAUSE = 1000;

/**
 * Call `look` again and again, one call at a time; `heard(answer)` gets what it gives,
 * `silent(error)` what it throws.
 */
export function keepLooking(look, heard, silent) {
  const turn = async () => {
    if (document.visibilityState === "visible") {
      try {
        await heard(await look());
      } catch (error) {
        silent(error);
      }
    }
    setTimeout(turn, PAUSE);
  };
  setTimeout(turn, PAUSE);
}
