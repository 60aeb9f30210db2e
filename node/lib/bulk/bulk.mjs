import module from "./bulk.cjs";

export const { BulkRun, run } = module;
export default module;
