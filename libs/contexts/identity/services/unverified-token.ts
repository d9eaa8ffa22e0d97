import { decodeJwt, decodeProtectedHeader, type JWTPayload, type ProtectedHeaderParameters } from 'jose';

/** What a token says before anything of it is verified. */
export interface UnverifiedToken {
  header: ProtectedHeaderParameters;
  payload: JWTPayload;
}

/** @returns header and payload of a JWT; undefined when either is not there or is no JSON object. */
export function readUnverified(token: string): UnverifiedToken | undefined {
  try {
    return { header: decodeProtectedHeader(token), payload: decodeJwt(token) };
  } catch {
    return undefined;
  }
}
