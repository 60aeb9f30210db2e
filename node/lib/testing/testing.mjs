import module from "./testing.cjs";

export const { LocalChime, useLocalChime } = module;
export default module;
