import { Injectable } from '@nestjs/common';
import { AccountCopy } from '../../identity/contract';

/** Those who can write and follow. */
@Injectable()
export class People extends AccountCopy('social.people') {}
