import * as module from "./bulk.cjs";

export * from "./bulk.cjs";
export default module;
