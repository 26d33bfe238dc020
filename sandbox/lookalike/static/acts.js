// What is done to events, through the provider of the mailbox that is looked at.

import { seriesDraft } from "./series.js";
import { draw, view, written } from "./view.js";

/** The acts of the dialog. `whole` means the series of an occurrence. */
export const acts = {
  create(draft, calendar) {
    return written(provider().create(address(), calendar, draft, view.zone));
  },

  async change(event, draft, whole) {
    const target = whole && event.seriesId ? await seriesOf(event) : event;
    const wanted = target === event ? draft : seriesDraft(draft, event, target, view.zone);
    return written(provider().change(address(), target, wanted, view.zone));
  },

  move(event, calendar, whole) {
    return written(provider().move(address(), named(event, whole), calendar));
  },

  remove(event, whole) {
    return written(provider().remove(address(), named(event, whole)));
  },

  respond(event, answer, whole) {
    return written(provider().respond(address(), named(event, whole), answer));
  },
};

/** Give an event its times at once, then write them; what goes wrong is thrown, and undone. */
export async function retime(event, times) {
  view.events = view.events.map((one) => (one.key === event.key ? { ...one, ...times } : one));
  draw();
  await written(provider().change(address(), event, times, view.zone));
}

const provider = () => view.mailbox.provider;
const address = () => view.mailbox.address;
const seriesOf = (event) => provider().event(address(), event.seriesId, event.calendar);
const named = (event, whole) =>
  whole && event.seriesId ? { ...event, id: event.seriesId } : event;
