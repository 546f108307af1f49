from tests.submission.postoffice import make_office as make_office
from tests.submission.postoffice import office as office
