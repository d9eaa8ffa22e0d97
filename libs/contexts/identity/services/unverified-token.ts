import { decodeJwt, decodeProtectedHeader, type JWTPayload, type ProtectedHeaderParameters } from 'jose';

/** The unverified content of a token. */
export interface UnverifiedToken {
  header: ProtectedHeaderParameters;
  payload: JWTPayload;
}

/** @returns header and payload of a JWT; undefined if either is missing or not a JSON object. */
export function readUnverified(token: string): UnverifiedToken | undefined {
  try {
    return { header: decodeProtectedHeader(token), payload: decodeJwt(token) };
  } catch {
    return undefined;
  }
}
