/** The second piece of the app: working on one case, and figures. Not needed for the first screen, so read after it. */
export { Figures } from "../figures/table";
export { Case } from "./case";
export { Move } from "./move";
export { Redo } from "./redo";
