import module from "./testing.cjs";

export const { LocalChime } = module;
export default module;
