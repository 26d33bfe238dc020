// The part of FullCalendar that My week needs; `npm run build` bundles it into built/.

export { Calendar } from "fullcalendar";
import interaction from "fullcalendar/interaction";
import list from "fullcalendar/list";
import theme from "fullcalendar/themes/classic";
import timeGrid from "fullcalendar/timegrid";

import "fullcalendar/skeleton.css";
import "fullcalendar/themes/classic/theme.css";
import "fullcalendar/themes/classic/palette.css";

export const plugins = [theme, timeGrid, list, interaction];
