import { type AccessRows, everybody } from '@rookery/testing/access';

export const access: AccessRows = {
  undoEmailChange: everybody,
};
