import * as module from "./testing.cjs";

export * from "./testing.cjs";
export default module;
