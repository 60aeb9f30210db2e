import * as module from "./recording.cjs";

export * from "./recording.cjs";
export default module;
