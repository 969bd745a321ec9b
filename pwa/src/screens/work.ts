/** The second piece of the app: working on one case. Not needed for the first screen, so read after it. */
export { Case } from "./case";
export { Move } from "./move";
export { Redo } from "./redo";
