import {blocks} from 'readme:blocks';
import {describeReadme} from './support/readme_specs';

describeReadme('webgl', blocks);
